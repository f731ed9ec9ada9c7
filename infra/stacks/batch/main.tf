locals {
  build_log_group = "${local.log_prefix}/image-build"
}

module "host" {
  source = "../../modules/batch_host"

  prefix        = var.prefix
  unique_prefix = var.unique_prefix
  vpc_id        = var.vpc_id
}

module "pool" {
  source   = "../../modules/batch_pool"
  for_each = var.pools

  prefix                 = var.prefix
  pool                   = each.key
  instance_types         = each.value.instance_types
  purchase               = each.value.purchase
  max_vcpus              = each.value.max_vcpus
  warm_instances         = each.value.warm_instances
  instance_vcpus         = each.value.instance_vcpus
  disk_gib               = each.value.disk_gib
  subnet_ids             = var.subnet_ids
  security_group_ids     = [module.host.security_group_id]
  instance_profile_arn   = module.host.instance_profile_arn
  runnable_limit_minutes = var.runnable_limit_minutes
  tags                   = merge(local.tags, { "cosmosctl:pool" = each.key })
}

module "image_build" {
  source = "../../modules/image_build"

  prefix        = var.prefix
  unique_prefix = var.unique_prefix
  region        = var.region
  account_id    = var.account_id
  kms_key_arn   = var.kms_key_arn
  bucket_arn    = var.data_bucket_arn
  log_group     = module.logs.log_groups[local.build_log_group]
}

module "logs" {
  source = "../../modules/observability"

  prefix      = var.prefix
  account_id  = var.account_id
  kms_key_arn = var.kms_key_arn
  log_groups  = { (local.build_log_group) = var.log_retention_days }
}

module "alarms" {
  source = "../../modules/observability"

  prefix          = var.prefix
  account_id      = var.account_id
  kms_key_arn     = var.kms_key_arn
  queues          = { for name, pool in module.pool : name => pool.queue_arn }
  alert_topic_arn = var.alert_topic_arn
}
