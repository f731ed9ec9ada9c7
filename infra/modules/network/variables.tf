variable "prefix" {
  type        = string
  description = "Start of every name, for example `cosmosctl-demo`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "region" {
  type        = string
  description = "Region of the VPC; endpoint service names contain it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "`region`: \"${var.region}\" is not a region name such as us-east-1."
  }
}

variable "cidr" {
  type        = string
  description = "IPv4 block of the VPC, /16 to /22, private range."
  default     = "10.40.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.cidr, 0))
    error_message = "`cidr`: \"${var.cidr}\" is not an IPv4 block such as 10.40.0.0/16."
  }

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "`cidr`: \"${var.cidr}\" has host bits set; give the first address of the block."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "`cidr`: \"${var.cidr}\" must be between /16 and /22, so that four private and four public subnets fit."
  }

  validation {
    condition     = can(regex("^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)", var.cidr))
    error_message = "`cidr`: \"${var.cidr}\" is not in a private range (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)."
  }
}

variable "zones" {
  type        = number
  description = "How many availability zones get subnets. Scarce GPU types are easier to find in three."
  default     = 3
  nullable    = false

  validation {
    condition     = var.zones >= 1 && var.zones <= 4 && floor(var.zones) == var.zones
    error_message = "`zones`: ${var.zones} is not a whole number from 1 to 4."
  }
}

variable "nat" {
  type        = string
  description = "Way out of the private subnets: one NAT gateway (`single`), one per zone (`per-zone`), or `none`."
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["single", "per-zone", "none"], var.nat)
    error_message = "`nat`: \"${var.nat}\" is not one of single, per-zone, none."
  }

  validation {
    condition     = var.nat != "none" || var.endpoints == "full" || var.existing != null
    error_message = "`nat`: none leaves hosts without a way to AWS; it needs `endpoints` = full."
  }
}

variable "endpoints" {
  type        = string
  description = "`minimal`: the free S3 gateway endpoint only. `full`: also an interface endpoint for each AWS service that a job host calls (billed per hour and zone)."
  default     = "minimal"
  nullable    = false

  validation {
    condition     = contains(["minimal", "full"], var.endpoints)
    error_message = "`endpoints`: \"${var.endpoints}\" is not one of minimal, full."
  }
}

variable "enable_efs_endpoint" {
  type        = bool
  description = "With `endpoints` = full, also create the elasticfilesystem endpoint."
  default     = false
  nullable    = false
}

variable "existing" {
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })
  description = "Use this VPC and these subnets and create nothing; null creates a VPC."
  default     = null

  validation {
    condition     = var.existing == null || can(regex("^vpc-[0-9a-f]{8,17}$", var.existing.vpc_id))
    error_message = "`existing.vpc_id`: not a VPC id such as vpc-0a1b2c3d4e5f60718."
  }

  validation {
    condition     = var.existing == null || try(length(var.existing.subnet_ids) > 0, false)
    error_message = "`existing.subnet_ids`: at least one subnet is needed."
  }

  validation {
    condition     = var.existing == null || try(length(distinct(var.existing.subnet_ids)) == length(var.existing.subnet_ids), false)
    error_message = "`existing.subnet_ids`: a subnet is named twice."
  }

  validation {
    condition     = var.existing == null || try(alltrue([for id in var.existing.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))]), false)
    error_message = "`existing.subnet_ids`: not every entry is a subnet id such as subnet-0a1b2c3d4e5f60718."
  }
}
