data "aws_partition" "current" {}

locals {
  log_group = "${local.log_prefix}/jobs/${var.blueprint}"
}

module "logs" {
  source = "../../modules/observability"

  prefix      = var.prefix
  account_id  = var.account_id
  kms_key_arn = var.kms_key_arn
  log_groups  = { (local.log_group) = var.log_retention_days }
}

module "model" {
  source = "../../modules/batch_model"

  prefix         = var.prefix
  unique_prefix  = var.unique_prefix
  region         = var.region
  account_id     = var.account_id
  kms_key_arn    = var.kms_key_arn
  blueprint      = var.blueprint
  variants       = var.variants
  attempts       = var.attempts
  bucket_arn     = var.data_bucket_arn
  repository_arn = "arn:${data.aws_partition.current.partition}:ecr:${var.region}:${var.account_id}:repository/${var.repository_name}"
  log_group      = module.logs.log_groups[local.log_group]
  hf_secret_arn  = var.hf_secret_arn
  weight_cache   = var.efs_id == null ? null : { file_system_id = var.efs_id, access_point_id = var.efs_access_point_id }
}
