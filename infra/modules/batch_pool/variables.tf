variable "prefix" {
  type        = string
  description = "Start of every regional name, for example `cosmosctl-demo`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,37}$", var.prefix))
    error_message = "`prefix`: \"${var.prefix}\" is not lower-case letters, digits and hyphens, 2 to 38 characters, starting with a letter."
  }
}

variable "pool" {
  type        = string
  description = "Name of the pool; the queue is `<prefix>-<pool>`."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.pool))
    error_message = "`pool`: \"${var.pool}\" is not lower-case letters, digits and hyphens, 2 to 16 characters, starting with a letter."
  }
}

variable "instance_types" {
  type        = list(string)
  description = "Instance types of one GPU memory class, so that no job lands on a smaller GPU than it asked for."
  nullable    = false

  validation {
    condition     = length(var.instance_types) > 0 && length(distinct(var.instance_types)) == length(var.instance_types)
    error_message = "`instance_types`: at least one type is needed, and none twice."
  }

  validation {
    condition     = alltrue([for type in var.instance_types : can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", type))])
    error_message = "`instance_types`: ${join(", ", var.instance_types)}: every entry must be a type with its size, such as g6e.2xlarge."
  }
}

variable "purchase" {
  type        = string
  description = "`spot`, `on-demand`, or `spot-first`: spot, and on-demand when spot has no room."
  default     = "spot-first"
  nullable    = false

  validation {
    condition     = contains(["spot", "on-demand", "spot-first"], var.purchase)
    error_message = "`purchase`: \"${var.purchase}\" is not one of spot, on-demand, spot-first."
  }
}

variable "max_vcpus" {
  type        = number
  description = "Upper bound of each compute environment; with `spot-first` both may reach it, as their quotas are separate."
  default     = 256
  nullable    = false

  validation {
    condition     = var.max_vcpus >= 1 && var.max_vcpus <= 100000 && floor(var.max_vcpus) == var.max_vcpus
    error_message = "`max_vcpus`: ${var.max_vcpus} is not a whole number from 1 to 100000."
  }
}

variable "warm_instances" {
  type        = number
  description = "Hosts of the first type that stay on, with the image pulled but no model loaded. They are billed all the time."
  default     = 0
  nullable    = false

  validation {
    condition     = var.warm_instances >= 0 && var.warm_instances <= 100 && floor(var.warm_instances) == var.warm_instances
    error_message = "`warm_instances`: ${var.warm_instances} is not a whole number from 0 to 100."
  }
}

variable "instance_vcpus" {
  type        = number
  description = "vCPUs of the first instance type; Batch counts warm hosts in vCPUs. 0 when there are no warm hosts."
  default     = 0
  nullable    = false

  validation {
    condition     = var.instance_vcpus >= 0 && floor(var.instance_vcpus) == var.instance_vcpus
    error_message = "`instance_vcpus`: ${var.instance_vcpus} is not a whole number."
  }

  validation {
    condition     = var.warm_instances == 0 || var.instance_vcpus > 0
    error_message = "`instance_vcpus`: must be given with `warm_instances` above 0."
  }

  validation {
    condition     = var.warm_instances * var.instance_vcpus <= var.max_vcpus
    error_message = "`instance_vcpus`: ${var.warm_instances} warm instances of ${var.instance_vcpus} vCPUs are more than `max_vcpus` (${var.max_vcpus})."
  }
}

variable "image_type" {
  type        = string
  description = "Machine image that Batch chooses: with the NVIDIA driver, or without for CPU pools."
  default     = "ECS_AL2023_NVIDIA"
  nullable    = false

  validation {
    condition     = contains(["ECS_AL2023_NVIDIA", "ECS_AL2023"], var.image_type)
    error_message = "`image_type`: \"${var.image_type}\" is not one of ECS_AL2023_NVIDIA, ECS_AL2023."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets, one per zone: the more zones, the more likely a scarce type is found."
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "`subnet_ids`: at least one subnet is needed."
  }
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups of hosts."
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) > 0
    error_message = "`security_group_ids`: at least one group is needed."
  }
}

variable "instance_profile_arn" {
  type        = string
  description = "Instance profile of hosts."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:instance-profile/", var.instance_profile_arn))
    error_message = "`instance_profile_arn`: \"${var.instance_profile_arn}\" is not the ARN of an instance profile."
  }
}

variable "disk_gib" {
  type        = number
  description = "Root volume: operating system, image, and weights where the host has no instance store."
  default     = 300
  nullable    = false

  validation {
    condition     = var.disk_gib >= 100 && var.disk_gib <= 16384 && floor(var.disk_gib) == var.disk_gib
    error_message = "`disk_gib`: ${var.disk_gib} is not a whole number from 100 to 16384."
  }
}

variable "disk_iops" {
  type        = number
  description = "Operations per second of the root volume (gp3)."
  default     = 6000
  nullable    = false

  validation {
    condition     = var.disk_iops >= 3000 && var.disk_iops <= 16000 && var.disk_iops <= 500 * var.disk_gib
    error_message = "`disk_iops`: ${var.disk_iops} is not from 3000 to 16000, or more than 500 per GiB."
  }
}

variable "disk_throughput_mib" {
  type        = number
  description = "MiB per second of the root volume (gp3); the default of gp3, 125, makes a large image the slowest part of a start."
  default     = 500
  nullable    = false

  validation {
    condition     = var.disk_throughput_mib >= 125 && var.disk_throughput_mib <= 1000 && var.disk_throughput_mib * 4 <= var.disk_iops
    error_message = "`disk_throughput_mib`: ${var.disk_throughput_mib} is not from 125 to 1000, or needs more `disk_iops` (4 per MiB/s)."
  }
}

variable "scratch_dir" {
  type        = string
  description = "Folder on the host that jobs mount for weights and temporary files; on instance-store NVMe where there is one."
  default     = "/scratch"
  nullable    = false

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_-]+)+$", var.scratch_dir))
    error_message = "`scratch_dir`: \"${var.scratch_dir}\" is not an absolute path of letters, digits, - and _."
  }
}

variable "runnable_limit_minutes" {
  type        = number
  description = "A job that no host can be found for is cancelled after this time, with the queue's reason."
  default     = 60
  nullable    = false

  validation {
    condition     = var.runnable_limit_minutes >= 10 && var.runnable_limit_minutes <= 1440 && floor(var.runnable_limit_minutes) == var.runnable_limit_minutes
    error_message = "`runnable_limit_minutes`: ${var.runnable_limit_minutes} is not a whole number from 10 to 1440."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of hosts and volumes, which Batch creates outside Terraform; without them a leaked host cannot be found."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && length(value) <= 256])
    error_message = "`tags`: keys have 1 to 128 characters, values up to 256."
  }
}
