provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  s3_use_path_style   = var.sandbox
  max_retries         = var.sandbox ? 2 : null

  default_tags {
    tags = local.tags
  }
}
