locals {
  create = var.existing == null
  zones  = local.create ? slice(sort(data.aws_availability_zones.available[0].names), 0, min(var.zones, length(data.aws_availability_zones.available[0].names))) : []

  # Private subnets take eighths of the block, public ones slices of its last eighth: room is left for later subnets.
  private_cidrs = { for index, zone in local.zones : zone => cidrsubnet(var.cidr, 3, index) }
  public_cidrs  = { for index, zone in local.zones : zone => cidrsubnet(cidrsubnet(var.cidr, 3, 7), 3, index) }

  # With `nat = none` nothing may leave, so there are no public subnets and no internet gateway either.
  has_nat   = local.create && var.nat != "none"
  nat_zones = !local.has_nat ? [] : var.nat == "single" ? slice(local.zones, 0, min(1, length(local.zones))) : local.zones
}

data "aws_availability_zones" "available" {
  count = local.create ? 1 : 0
  state = "available"

  # Local and wavelength zones have no Batch.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "this" {
  count = local.create ? 1 : 0

  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.prefix }

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.available[0].names) >= var.zones
      error_message = "`zones`: ${var.region} offers ${length(data.aws_availability_zones.available[0].names)} zones, ${var.zones} are asked for."
    }
  }
}

# No rule at all: what is started without a group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  count  = local.create ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.prefix}-default-unused" }
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = { Name = "${var.prefix}-private-${each.key}" }
}

resource "aws_subnet" "public" {
  for_each = { for zone, cidr in local.public_cidrs : zone => cidr if local.has_nat }

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = { Name = "${var.prefix}-public-${each.key}" }
}
