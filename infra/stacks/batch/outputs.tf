# Stable: keys are only ever added. Always present, null or empty when off, and never a secret.
output "contract" {
  description = "All that others may know of this stack."
  value = {
    schema_version = 1
    pools = {
      for name, pool in module.pool : name => {
        queue_name              = pool.queue_name
        queue_arn               = pool.queue_arn
        compute_environments    = pool.compute_environments
        launch_template_id      = pool.launch_template_id
        launch_template_version = pool.launch_template_version
      }
    }
    security_group_id = module.host.security_group_id
    instance_role_arn = module.host.role_arn
    repository_url    = module.image_build.repository_url
    repository_name   = module.image_build.repository_name
    build_project     = module.image_build.project
    build_log_group   = module.logs.log_groups[local.build_log_group]
  }
}
