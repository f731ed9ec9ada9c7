variable "prefix" {
  type        = string
  description = "Start of every regional name, for example `cosmosctl-demo`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "unique_prefix" {
  type        = string
  description = "Start of IAM names, which are global in an account, for example `cosmosctl-demo-1a2b3c4d`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}$", var.unique_prefix))
    error_message = "`unique_prefix`: \"${var.unique_prefix}\" is not lower-case letters, digits and hyphens, 2 to 39 characters, starting with a letter."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC in which hosts start."
  nullable    = false

  validation {
    condition     = can(regex("^vpc-", var.vpc_id))
    error_message = "`vpc_id`: \"${var.vpc_id}\" is not a VPC id."
  }
}

variable "enable_session_manager" {
  type        = bool
  description = "Let Systems Manager open a shell on hosts, for debugging; needs a way to the ssm endpoints."
  default     = false
  nullable    = false
}
