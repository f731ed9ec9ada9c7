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

variable "blueprint" {
  type        = string
  description = "Blueprint whose variants these are; it limits what its jobs may read and write."
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
    gpus              = number
    vcpus             = number
    memory_mib        = number
    shared_memory_mib = number
    timeout_minutes   = number
    needs_token       = optional(bool, false)
    parameters        = optional(map(string), {})
  }))
  description = "Variant name to its job: image by digest, engine, exact GPUs used, host share, limits. `needs_token` hands the Hugging Face token to the container."
  nullable    = false

  validation {
    condition     = length(var.variants) > 0
    error_message = "`variants`: at least one variant is needed."
  }

  validation {
    condition     = alltrue([for name in keys(var.variants) : can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", name))])
    error_message = "`variants`: ${join(", ", keys(var.variants))}: names have 1 to 32 letters, digits, _ and -."
  }

  validation {
    condition     = length(distinct([for name in keys(var.variants) : lower(name)])) == length(var.variants)
    error_message = "`variants`: two names differ only in case; job definitions would get the same name."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : can(regex("@sha256:[0-9a-f]{64}$", variant.image))])
    error_message = "`variants`: every image must be named by digest (repository@sha256:...), or a job may run something else than was tested."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : variant.gpus >= 0 && variant.gpus <= 16 && floor(variant.gpus) == variant.gpus])
    error_message = "`variants`: gpus must be a whole number from 0 to 16."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : variant.vcpus >= 1 && floor(variant.vcpus) == variant.vcpus])
    error_message = "`variants`: vcpus must be a whole number from 1."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : variant.memory_mib >= 64 && variant.shared_memory_mib >= 64 && variant.shared_memory_mib <= variant.memory_mib])
    error_message = "`variants`: memory_mib and shared_memory_mib are at least 64, and shared memory is part of the memory."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : variant.timeout_minutes >= 1 && floor(variant.timeout_minutes) == variant.timeout_minutes])
    error_message = "`variants`: timeout_minutes must be a whole number from 1."
  }

  validation {
    condition     = alltrue([for variant in values(var.variants) : !variant.needs_token || var.hf_secret_arn != null])
    error_message = "`variants`: needs_token requires `hf_secret_arn`."
  }
}

variable "attempts" {
  type        = number
  description = "Attempts of a job, the first included. Results are kept between attempts, so another one costs only what is missing."
  default     = 5
  nullable    = false

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 10 && floor(var.attempts) == var.attempts
    error_message = "`attempts`: ${var.attempts} is not a whole number from 1 to 10."
  }
}

variable "bucket_arn" {
  type        = string
  description = "Data bucket with runs, inputs, outputs and weights."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.bucket_arn))
    error_message = "`bucket_arn`: \"${var.bucket_arn}\" is not the ARN of a bucket."
  }
}

variable "repository_arn" {
  type        = string
  description = "Repository from which images are pulled."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:ecr:", var.repository_arn))
    error_message = "`repository_arn`: \"${var.repository_arn}\" is not the ARN of an ECR repository."
  }
}

variable "log_group" {
  type        = string
  description = "Existing log group for job logs."
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./#-]{1,511}$", var.log_group))
    error_message = "`log_group`: \"${var.log_group}\" is not a log group name that starts with /."
  }
}

variable "hf_secret_arn" {
  type        = string
  description = "Secret with the Hugging Face token; null when no variant needs it."
  default     = null

  validation {
    condition     = var.hf_secret_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:", var.hf_secret_arn))
    error_message = "`hf_secret_arn`: not the ARN of a secret."
  }
}

variable "scratch_dir" {
  type        = string
  description = "Folder of the host that is mounted under the same path for weights and temporary files."
  default     = "/scratch"
  nullable    = false

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_-]+)+$", var.scratch_dir))
    error_message = "`scratch_dir`: \"${var.scratch_dir}\" is not an absolute path of letters, digits, - and _."
  }
}

variable "weight_cache" {
  type = object({
    file_system_id  = string
    access_point_id = string
  })
  description = "EFS weight cache, mounted at /weights through its access point with TLS and IAM; null mounts none."
  default     = null

  validation {
    condition     = var.weight_cache == null || can(regex("^fs-", var.weight_cache.file_system_id)) && can(regex("^fsap-", var.weight_cache.access_point_id))
    error_message = "`weight_cache`: needs a file system id (fs-...) and an access point id (fsap-...)."
  }
}

variable "user" {
  type        = string
  description = "User and group of the container; never root."
  default     = "1000:1000"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*:[1-9][0-9]*$", var.user))
    error_message = "`user`: \"${var.user}\" is not uid:gid, both above 0."
  }
}
