locals {
  tags = merge(var.tags, {
    "cosmosctl:deployment" = var.name
    "cosmosctl:stack"      = "model-${var.blueprint}"
    "cosmosctl:managed-by" = "cosmosctl"
  })
  log_prefix = "/cosmosctl/${var.name}"
}
