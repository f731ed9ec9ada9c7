variable "prefix" {
  type        = string
  description = "Start of every name, for example `cosmosctl-demo`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the mount targets."
  nullable    = false

  validation {
    condition     = can(regex("^vpc-", var.vpc_id))
    error_message = "`vpc_id`: \"${var.vpc_id}\" is not a VPC id."
  }
}

variable "subnets_by_zone" {
  type        = map(string)
  description = "Zone name to the subnet that gets that zone's mount target; EFS allows one per zone."
  nullable    = false

  validation {
    condition     = length(var.subnets_by_zone) > 0
    error_message = "`subnets_by_zone`: at least one zone is needed."
  }
}

variable "allowed_cidrs" {
  type        = list(string)
  description = "Blocks from which NFS (TCP 2049) is allowed."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "`allowed_cidrs`: every entry must be an IPv4 block, and not 0.0.0.0/0."
  }
}

variable "allowed_security_groups" {
  type        = map(string)
  description = "Name to security group id from which NFS (TCP 2049) is allowed."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.allowed_security_groups) + length(var.allowed_cidrs) > 0
    error_message = "`allowed_security_groups`: without a group and without `allowed_cidrs` nothing could mount the cache."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the file system."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "`kms_key_arn`: \"${var.kms_key_arn}\" is not the ARN of a KMS key."
  }
}

variable "account_id" {
  type        = string
  description = "Only principals of this account may mount."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "`account_id`: \"${var.account_id}\" is not twelve digits."
  }
}

variable "posix_id" {
  type        = number
  description = "User and group id that every access through the access point becomes; that of the user in the worker image."
  default     = 1000
  nullable    = false

  validation {
    condition     = var.posix_id >= 1 && var.posix_id <= 65534 && floor(var.posix_id) == var.posix_id
    error_message = "`posix_id`: ${var.posix_id} is not a whole number from 1 to 65534 (0 is root)."
  }
}
