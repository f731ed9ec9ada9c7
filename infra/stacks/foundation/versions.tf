terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  # Bucket, key and region come from the command line that runs this stack; the lock is the backend's own lock file.
  backend "s3" {}
}
