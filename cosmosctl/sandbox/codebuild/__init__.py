"""CodeBuild of the embedded AWS: checks what a real build would need, and leaves an image record instead of an image."""
