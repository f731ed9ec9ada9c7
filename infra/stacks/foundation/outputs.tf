# Stable: keys are only ever added. Always present, null or empty when off, and never a secret.
output "contract" {
  description = "All that others may know of this stack."
  value = {
    schema_version         = 1
    region                 = var.region
    account_id             = var.account_id
    vpc_id                 = module.network.vpc_id
    subnet_ids             = module.network.subnet_ids
    zones                  = module.network.zones
    nat_gateway_ids        = module.network.nat_gateway_ids
    s3_endpoint_id         = module.network.s3_endpoint_id
    interface_endpoint_ids = module.network.interface_endpoint_ids
    kms_key_arn            = module.storage.key_arn
    data_bucket            = module.storage.bucket
    data_bucket_arn        = module.storage.bucket_arn
    hf_secret_arn          = module.hf_token.arn
    efs_id                 = var.data.efs_weight_cache ? module.weight_cache[0].file_system_id : null
    efs_access_point_id    = var.data.efs_weight_cache ? module.weight_cache[0].access_point_id : null
    budget_name            = module.observability.budget_name
    alert_topic_arn        = module.observability.topic_arn
  }
}
