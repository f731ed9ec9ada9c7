locals {
  tags = merge(var.tags, {
    "cosmosctl:deployment" = var.name
    "cosmosctl:stack"      = "batch"
    "cosmosctl:managed-by" = "cosmosctl"
  })
  log_prefix = "/cosmosctl/${var.name}"
}
