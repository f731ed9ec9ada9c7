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

variable "kms_key_arn" {
  type        = string
  description = "From the foundation contract: key of the deployment."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "`kms_key_arn`: \"${var.kms_key_arn}\" is not the ARN of a KMS key."
  }
}

variable "data_bucket_arn" {
  type        = string
  description = "From the foundation contract: data bucket."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.data_bucket_arn))
    error_message = "`data_bucket_arn`: \"${var.data_bucket_arn}\" is not the ARN of a bucket."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days for which logs are kept."
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "`log_retention_days`: CloudWatch Logs knows no retention of ${var.log_retention_days} days."
  }
}

variable "repository_name" {
  type        = string
  description = "From the batch contract: repository of worker images."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/-]{1,255}$", var.repository_name))
    error_message = "`repository_name`: \"${var.repository_name}\" is not the name of an ECR repository."
  }
}

variable "hf_secret_arn" {
  type        = string
  description = "From the foundation contract: secret with the Hugging Face token."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:", var.hf_secret_arn))
    error_message = "`hf_secret_arn`: \"${var.hf_secret_arn}\" is not the ARN of a secret."
  }
}

variable "efs_id" {
  type        = string
  description = "From the foundation contract: EFS weight cache; null when off."
  default     = null

  validation {
    condition     = var.efs_id == null || can(regex("^fs-", var.efs_id))
    error_message = "`efs_id`: not the id of a file system."
  }
}

variable "efs_access_point_id" {
  type        = string
  description = "From the foundation contract: access point of the weight cache; null when off."
  default     = null

  validation {
    condition     = (var.efs_access_point_id == null) == (var.efs_id == null)
    error_message = "`efs_access_point_id`: is given together with `efs_id` or not at all."
  }
}

variable "blueprint" {
  type        = string
  description = "Blueprint that is deployed."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.blueprint))
    error_message = "`blueprint`: \"${var.blueprint}\" is not lower-case letters, digits and hyphens, 2 to 16 characters, starting with a letter."
  }
}

variable "variants" {
  type = map(object({
    image             = string
    engine            = string
    pool              = string
    queue             = string
    gpus              = number
    vcpus             = number
    memory_mib        = number
    shared_memory_mib = number
    timeout_minutes   = number
    needs_token       = optional(bool, false)
    parameters        = optional(map(string), {})
  }))
  description = "Variant name to its job; see the batch_model module. `pool` and `queue` say where it is submitted."
  nullable    = false

  validation {
    condition     = length(var.variants) > 0
    error_message = "`variants`: at least one variant is needed."
  }
}

variable "attempts" {
  type        = number
  description = "Attempts of a job, the first included."
  default     = 5
  nullable    = false

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 10
    error_message = "`attempts`: ${var.attempts} is not from 1 to 10."
  }
}
