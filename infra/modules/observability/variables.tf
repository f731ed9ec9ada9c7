variable "prefix" {
  type        = string
  description = "Start of every regional name, for example `cosmosctl-demo`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns everything; ARNs contain it."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "`account_id`: \"${var.account_id}\" is not twelve digits."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the deployment."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "`kms_key_arn`: \"${var.kms_key_arn}\" is not the ARN of a KMS key."
  }
}

variable "log_groups" {
  type        = map(number)
  description = "Log group name to days of retention."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.log_groups) : can(regex("^/[A-Za-z0-9_./#-]{1,511}$", name))])
    error_message = "`log_groups`: ${join(", ", keys(var.log_groups))}: names must start with / and hold no spaces or wildcards."
  }

  validation {
    condition = alltrue([for days in values(var.log_groups) : contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], days
    )])
    error_message = "`log_groups`: CloudWatch Logs knows no retention of ${join(", ", values(var.log_groups))} days; 30, 60, 90, 180 and 365 are among those allowed."
  }
}

variable "topic" {
  type = object({
    name   = string
    emails = optional(list(string), [])
  })
  description = "Alert topic and the addresses that are asked to confirm a subscription; null creates none."
  default     = null

  validation {
    condition     = var.topic == null || can(regex("^[A-Za-z0-9_-]{1,256}$", var.topic.name))
    error_message = "`topic.name`: must be 1 to 256 letters, digits, - and _."
  }

  validation {
    condition     = var.topic == null || try(alltrue([for email in var.topic.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))]), false)
    error_message = "`topic.emails`: not every entry is an e-mail address."
  }
}

variable "budget" {
  type = object({
    name        = string
    monthly_usd = number
    tag_key     = string
    tag_value   = string
  })
  description = "Monthly budget over everything with one tag (the tag must be activated as a cost allocation tag); null creates none."
  default     = null

  validation {
    condition     = var.budget == null || var.topic != null
    error_message = "`budget`: needs `topic`, which it reports to."
  }

  validation {
    condition     = var.budget == null || try(var.budget.monthly_usd > 0, false)
    error_message = "`budget.monthly_usd`: must be above 0."
  }
}

variable "queues" {
  type        = map(string)
  description = "Batch queues to watch: name to ARN. Empty watches none."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.queues) : can(regex("^arn:[a-z-]+:batch:", arn))])
    error_message = "`queues`: every value must be the ARN of a Batch job queue."
  }
}

variable "alert_topic_arn" {
  type        = string
  description = "Existing topic for what `queues` reports; null without queues."
  default     = null

  validation {
    condition     = var.alert_topic_arn == null || can(regex("^arn:[a-z-]+:sns:", var.alert_topic_arn))
    error_message = "`alert_topic_arn`: not the ARN of an SNS topic."
  }

  validation {
    condition     = length(var.queues) == 0 || var.alert_topic_arn != null
    error_message = "`alert_topic_arn`: is needed with `queues`."
  }
}

variable "failed_jobs_threshold" {
  type        = number
  description = "So many failed submissions within fifteen minutes put the alarm into ALARM."
  default     = 3
  nullable    = false

  validation {
    condition     = var.failed_jobs_threshold >= 1 && floor(var.failed_jobs_threshold) == var.failed_jobs_threshold
    error_message = "`failed_jobs_threshold`: ${var.failed_jobs_threshold} is not a whole number from 1."
  }
}
