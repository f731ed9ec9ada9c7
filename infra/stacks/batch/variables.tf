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

variable "vpc_id" {
  type        = string
  description = "From the foundation contract: VPC of hosts."
  nullable    = false

  validation {
    condition     = can(regex("^vpc-", var.vpc_id))
    error_message = "`vpc_id`: \"${var.vpc_id}\" is not a VPC id."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "From the foundation contract: private subnets of hosts."
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "`subnet_ids`: at least one subnet is needed."
  }
}

variable "alert_topic_arn" {
  type        = string
  description = "From the foundation contract: where failed jobs and blocked queues are reported."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.alert_topic_arn))
    error_message = "`alert_topic_arn`: \"${var.alert_topic_arn}\" is not the ARN of an SNS topic."
  }
}

variable "pools" {
  type = map(object({
    instance_types = list(string)
    max_vcpus      = optional(number, 256)
    purchase       = optional(string, "spot-first")
    warm_instances = optional(number, 0)
    instance_vcpus = optional(number, 0)
    disk_gib       = optional(number, 300)
  }))
  description = "Pool name to its GPU capacity; see the batch_pool module. `instance_vcpus` are those of the first type."
  nullable    = false

  validation {
    condition     = length(var.pools) > 0 && length(var.pools) <= 20
    error_message = "`pools`: 1 to 20 pools are possible (AWS allows 50 compute environments, two per pool)."
  }

  validation {
    condition     = alltrue([for name in keys(var.pools) : can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", name))])
    error_message = "`pools`: ${join(", ", keys(var.pools))}: names are lower-case letters, digits and hyphens, 2 to 16 characters, starting with a letter."
  }
}

variable "runnable_limit_minutes" {
  type        = number
  description = "A job that no host can be found for is cancelled after this time."
  default     = 60
  nullable    = false

  validation {
    condition     = var.runnable_limit_minutes >= 10 && var.runnable_limit_minutes <= 1440
    error_message = "`runnable_limit_minutes`: ${var.runnable_limit_minutes} is not from 10 to 1440."
  }
}
