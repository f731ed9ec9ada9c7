data "aws_partition" "current" {}

locals {
  partition      = data.aws_partition.current.partition
  project        = "${var.prefix}-image"
  repository_arn = "arn:${local.partition}:ecr:${var.region}:${var.account_id}:repository/${var.prefix}/worker"
  log_arn        = "arn:${local.partition}:logs:${var.region}:${var.account_id}:log-group:${var.log_group}"
}

# A tag names the content it was built from, so it may never come to mean something else.
resource "aws_ecr_repository" "this" {
  name                 = "${var.prefix}/worker"
  image_tag_mutability = "IMMUTABLE"
  # Images can be built again from the same context; they must not stop a cleanup.
  force_delete = true

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Untagged images are left-overs of failed pushes"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Keep the newest ${var.keep_images}"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_codebuild_project" "this" {
  name                   = local.project
  description            = "Builds worker images from a context in the data bucket"
  service_role           = aws_iam_role.this.arn
  build_timeout          = var.timeout_minutes
  queued_timeout         = 60
  concurrent_build_limit = 4
  encryption_key         = var.kms_key_arn

  artifacts {
    type = "NO_ARTIFACTS"
  }

  # Every build names its own context; this location only says where they lie.
  source {
    type      = "S3"
    location  = "${trimprefix(var.bucket_arn, "arn:${local.partition}:s3:::")}/builds/none.zip"
    buildspec = file("${path.module}/templates/buildspec.yaml")
  }

  environment {
    type         = "LINUX_CONTAINER"
    compute_type = var.compute_type
    image        = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    # The Docker daemon inside the build machine needs it; nothing else in this deployment is privileged.
    privileged_mode = true

    environment_variable {
      name  = "REPOSITORY_URL"
      value = aws_ecr_repository.this.repository_url
    }

    environment_variable {
      name  = "REPOSITORY_NAME"
      value = aws_ecr_repository.this.name
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = var.log_group
    }
  }

  # A project whose role cannot write logs yet fails its first build without a log.
  depends_on = [aws_iam_role_policy.this]
}
