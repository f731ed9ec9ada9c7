data "aws_vpc" "existing" {
  count = local.create ? 0 : 1
  id    = var.existing.vpc_id
}

data "aws_subnet" "existing" {
  for_each = toset(local.create ? [] : var.existing.subnet_ids)
  id       = each.value

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.existing.vpc_id
      error_message = "`existing.subnet_ids`: ${self.id} belongs to ${self.vpc_id}, not to ${var.existing.vpc_id}."
    }
  }
}
