variable "prefix" {
  type        = string
  description = "Start of regional names, for example `cosmosctl-demo`; the key alias is `alias/<prefix>`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "bucket_name" {
  type        = string
  description = "Name of the data bucket; unique in the whole of AWS."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "`bucket_name`: \"${var.bucket_name}\" is not 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  type        = string
  description = "Region; the key policy lets this region's CloudWatch Logs use the key."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "`region`: \"${var.region}\" is not a region name such as us-east-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns everything; service principals may use the key only on its behalf."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "`account_id`: \"${var.account_id}\" is not twelve digits."
  }
}

variable "log_group_prefix" {
  type        = string
  description = "CloudWatch Logs may use the key for log groups whose names start with this, for example `/cosmosctl/demo`."
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./#-]{1,200}$", var.log_group_prefix))
    error_message = "`log_group_prefix`: \"${var.log_group_prefix}\" must start with / and hold no spaces or wildcards."
  }
}

variable "keep_data" {
  type        = bool
  description = "true: Terraform refuses to delete a bucket that still holds objects. false: it empties the bucket first."
  default     = true
  nullable    = false
}

variable "expire_noncurrent_days" {
  type        = number
  description = "Days after which replaced and deleted object versions go."
  default     = 30
  nullable    = false

  validation {
    condition     = var.expire_noncurrent_days >= 1 && var.expire_noncurrent_days <= 3650 && floor(var.expire_noncurrent_days) == var.expire_noncurrent_days
    error_message = "`expire_noncurrent_days`: ${var.expire_noncurrent_days} is not a whole number from 1 to 3650."
  }
}

variable "expire_builds_days" {
  type        = number
  description = "Days after which image build contexts under `builds/` go; the images themselves stay."
  default     = 30
  nullable    = false

  validation {
    condition     = var.expire_builds_days >= 1 && var.expire_builds_days <= 3650 && floor(var.expire_builds_days) == var.expire_builds_days
    error_message = "`expire_builds_days`: ${var.expire_builds_days} is not a whole number from 1 to 3650."
  }
}

variable "key_deletion_days" {
  type        = number
  description = "Waiting time of a deleted key, in which the deletion can be undone."
  default     = 7
  nullable    = false

  validation {
    condition     = var.key_deletion_days >= 7 && var.key_deletion_days <= 30 && floor(var.key_deletion_days) == var.key_deletion_days
    error_message = "`key_deletion_days`: ${var.key_deletion_days} is not a whole number from 7 to 30."
  }
}
