variable "name" {
  type        = string
  description = "Name of the deployment; the tag `cosmosctl:deployment` and every AWS name contain it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "`name`: \"${var.name}\" is not lower-case letters, digits and hyphens, 3 to 20 characters, starting with a letter."
  }
}

variable "region" {
  type        = string
  description = "Region of everything in this stack."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "`region`: \"${var.region}\" is not a region name such as us-east-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account of everything in this stack; credentials of another one are refused."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "`account_id`: \"${var.account_id}\" is not twelve digits."
  }
}

variable "prefix" {
  type        = string
  description = "Start of regional names."
  nullable    = false

  validation {
    condition     = var.prefix == "cosmosctl-${var.name}"
    error_message = "`prefix`: \"${var.prefix}\" is not cosmosctl-${var.name}; `cosmosctl` finds resources by that name."
  }
}

variable "unique_prefix" {
  type        = string
  description = "Start of global names (buckets, IAM): the prefix and eight hex digits of account, region and name."
  nullable    = false

  validation {
    condition     = can(regex("^cosmosctl-[a-z0-9-]+-[0-9a-f]{8}$", var.unique_prefix)) && startswith(var.unique_prefix, "cosmosctl-${var.name}-")
    error_message = "`unique_prefix`: \"${var.unique_prefix}\" is not cosmosctl-${var.name}- and eight hex digits."
  }
}

variable "tags" {
  type        = map(string)
  description = "Further tags of everything in this stack."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(key, "cosmosctl:") && !startswith(key, "aws:")])
    error_message = "`tags`: ${join(", ", keys(var.tags))}: keys that start with cosmosctl: or aws: are reserved."
  }
}

variable "sandbox" {
  type        = bool
  description = "true: the endpoint is an embedded AWS, which needs path-style S3 addresses and few retries."
  default     = false
  nullable    = false
}

variable "network" {
  type = object({
    cidr      = optional(string, "10.40.0.0/16")
    zones     = optional(number, 3)
    nat       = optional(string, "single")
    endpoints = optional(string, "minimal")
    existing = optional(object({
      vpc_id     = string
      subnet_ids = list(string)
    }))
  })
  description = "VPC to create, or `existing` to use; see the network module."
  default     = {}
  nullable    = false

  validation {
    condition     = var.network.nat != "none" || var.network.endpoints == "full" || var.network.existing != null
    error_message = "`network.nat`: none needs `network.endpoints` = full."
  }
}

variable "data" {
  type = object({
    keep                   = optional(bool, true)
    efs_weight_cache       = optional(bool, false)
    expire_noncurrent_days = optional(number, 30)
  })
  description = "Data bucket and optional EFS weight cache; see the storage and weight_cache modules."
  default     = {}
  nullable    = false

  validation {
    condition     = var.data.expire_noncurrent_days >= 1
    error_message = "`data.expire_noncurrent_days`: ${var.data.expire_noncurrent_days} is not at least 1."
  }
}

variable "budget" {
  type = object({
    monthly_usd = optional(number, 500)
    emails      = optional(list(string), [])
  })
  description = "Monthly budget, and who is told about it and about failed jobs."
  default     = {}
  nullable    = false

  validation {
    condition     = var.budget.monthly_usd > 0
    error_message = "`budget.monthly_usd`: ${var.budget.monthly_usd} is not above 0."
  }
}

variable "adopt" {
  type = object({
    bucket     = optional(string)
    kms_key_id = optional(string)
    kms_alias  = optional(string)
  })
  description = "What an earlier cleanup kept and this state does not know yet: it is imported instead of created. Null parts are created."
  default     = {}
  nullable    = false

  validation {
    condition     = var.adopt.bucket == null || var.adopt.bucket == "${var.unique_prefix}-data"
    error_message = "`adopt.bucket`: is not the data bucket of this deployment."
  }

  validation {
    condition     = var.adopt.kms_alias == null || var.adopt.kms_alias == "alias/${var.prefix}"
    error_message = "`adopt.kms_alias`: is not the key alias of this deployment."
  }
}
