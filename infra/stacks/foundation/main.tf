module "network" {
  source = "../../modules/network"

  prefix              = var.prefix
  region              = var.region
  cidr                = var.network.cidr
  zones               = var.network.zones
  nat                 = var.network.nat
  endpoints           = var.network.endpoints
  enable_efs_endpoint = var.data.efs_weight_cache
  existing            = var.network.existing
}

module "storage" {
  source = "../../modules/storage"

  prefix                 = var.prefix
  bucket_name            = "${var.unique_prefix}-data"
  region                 = var.region
  account_id             = var.account_id
  log_group_prefix       = local.log_prefix
  keep_data              = var.data.keep
  expire_noncurrent_days = var.data.expire_noncurrent_days
}

module "weight_cache" {
  source = "../../modules/weight_cache"
  count  = var.data.efs_weight_cache ? 1 : 0

  prefix          = var.prefix
  vpc_id          = module.network.vpc_id
  subnets_by_zone = module.network.subnets_by_zone
  allowed_cidrs   = [module.network.cidr]
  kms_key_arn     = module.storage.key_arn
  account_id      = var.account_id
}

module "hf_token" {
  source = "../../modules/secret"

  name        = "${var.prefix}/hf-token"
  description = "Hugging Face token for gated weights"
  kms_key_arn = module.storage.key_arn
}

module "observability" {
  source = "../../modules/observability"

  prefix      = var.prefix
  account_id  = var.account_id
  kms_key_arn = module.storage.key_arn

  topic = {
    name   = "${var.prefix}-alerts"
    emails = var.budget.emails
  }

  budget = {
    name        = "${var.prefix}-monthly"
    monthly_usd = var.budget.monthly_usd
    tag_key     = "cosmosctl:deployment"
    tag_value   = var.name
  }
}
