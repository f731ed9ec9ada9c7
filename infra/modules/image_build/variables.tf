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

variable "region" {
  type        = string
  description = "Region; ARNs and log options contain it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "`region`: \"${var.region}\" is not a region name such as us-east-1."
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

variable "bucket_arn" {
  type        = string
  description = "Bucket with the build contexts under `builds/`."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.bucket_arn))
    error_message = "`bucket_arn`: \"${var.bucket_arn}\" is not the ARN of a bucket."
  }
}

variable "log_group" {
  type        = string
  description = "Existing log group for build logs."
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./#-]{1,511}$", var.log_group))
    error_message = "`log_group`: \"${var.log_group}\" is not a log group name that starts with /."
  }
}

variable "compute_type" {
  type        = string
  description = "Size of the build machine; images with CUDA libraries need the disk of LARGE."
  default     = "BUILD_GENERAL1_LARGE"
  nullable    = false

  validation {
    condition     = contains(["BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE"], var.compute_type)
    error_message = "`compute_type`: \"${var.compute_type}\" is not BUILD_GENERAL1_MEDIUM, _LARGE, _XLARGE or _2XLARGE."
  }
}

variable "timeout_minutes" {
  type        = number
  description = "Minutes after which a build is stopped."
  default     = 120
  nullable    = false

  validation {
    condition     = var.timeout_minutes >= 5 && var.timeout_minutes <= 480 && floor(var.timeout_minutes) == var.timeout_minutes
    error_message = "`timeout_minutes`: ${var.timeout_minutes} is not a whole number from 5 to 480."
  }
}

variable "keep_images" {
  type        = number
  description = "How many images the repository keeps; the oldest go first."
  default     = 50
  nullable    = false

  validation {
    condition     = var.keep_images >= 5 && var.keep_images <= 1000 && floor(var.keep_images) == var.keep_images
    error_message = "`keep_images`: ${var.keep_images} is not a whole number from 5 to 1000."
  }
}
