variable "name" {
  type        = string
  description = "Name of the secret, for example `cosmosctl-demo/hf-token`."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", var.name))
    error_message = "`name`: \"${var.name}\" holds characters that Secrets Manager refuses, or is empty or longer than 512."
  }
}

variable "description" {
  type        = string
  description = "What the secret is for; shown in the console."
  nullable    = false

  validation {
    condition     = length(var.description) > 0 && length(var.description) <= 2048
    error_message = "`description`: must have 1 to 2048 characters."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the value."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "`kms_key_arn`: \"${var.kms_key_arn}\" is not the ARN of a KMS key."
  }
}

variable "recovery_days" {
  type        = number
  description = "Days in which a deleted secret can be restored (7 to 30); 0 deletes at once and frees the name, so that the same deployment can be installed again."
  default     = 0
  nullable    = false

  validation {
    condition     = var.recovery_days == 0 || (var.recovery_days >= 7 && var.recovery_days <= 30)
    error_message = "`recovery_days`: ${var.recovery_days} is neither 0 nor from 7 to 30."
  }
}
