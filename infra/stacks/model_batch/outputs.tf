# Stable: keys are only ever added. Always present, null or empty when off, and never a secret.
output "contract" {
  description = "All that others may know of this stack."
  value = {
    schema_version = 1
    blueprint      = var.blueprint
    variants = {
      for name, variant in var.variants : name => {
        job_definition = module.model.job_definitions[name]
        image          = variant.image
        pool           = variant.pool
        queue_name     = variant.queue
        engine         = variant.engine
        gpus           = variant.gpus
      }
    }
    job_role_arn = module.model.job_role_arn
    log_group    = module.logs.log_groups[local.log_group]
  }
}
