locals {
  name = "${var.prefix}-${var.pool}"

  environments = {
    spot     = { type = "SPOT", strategy = "SPOT_PRICE_CAPACITY_OPTIMIZED", bid_percentage = 100 }
    ondemand = { type = "EC2", strategy = "BEST_FIT_PROGRESSIVE", bid_percentage = null }
  }

  # In the order in which the queue tries them. Warm hosts belong to the first.
  order = {
    "spot"       = ["spot"]
    "on-demand"  = ["ondemand"]
    "spot-first" = ["spot", "ondemand"]
  }[var.purchase]

  # All that makes up a host, in one place: the launch template is built from it, and its hash tells when it changes.
  template = {
    user_data = templatefile("${path.module}/templates/user_data.mime.tftpl", { scratch_dir = var.scratch_dir })
    volume    = { size = var.disk_gib, iops = var.disk_iops, throughput = var.disk_throughput_mib }
    # Two hops, because a container is one hop further away than its host.
    metadata = { http_endpoint = "enabled", http_tokens = "required", hop_limit = 2 }
    tags     = merge(var.tags, { Name = local.name })
  }

  # The provider cannot update a SPOT_PRICE_CAPACITY_OPTIMIZED environment in place, and notices that only while it applies
  # ("inconsistent final plan"). A new name makes the replacement part of the plan.
  generation = {
    spot     = "${substr(sha256(jsonencode(local.template)), 0, 8)}-"
    ondemand = ""
  }

  # Without one of these a job that can never start waits for ever, silently.
  stuck_reasons = [
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
  ]
}

resource "aws_launch_template" "this" {
  name                   = local.name
  description            = "Hosts of pool ${var.pool}"
  update_default_version = true
  user_data              = base64encode(local.template.user_data)

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = local.template.volume.size
      iops                  = local.template.volume.iops
      throughput            = local.template.volume.throughput
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = local.template.metadata.http_endpoint
    http_tokens                 = local.template.metadata.http_tokens
    http_put_response_hop_limit = local.template.metadata.hop_limit
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.value
      tags          = local.template.tags
    }
  }
}

# No service role: only environments of Batch's service-linked role can be updated in place.
resource "aws_batch_compute_environment" "this" {
  for_each = toset(local.order)

  compute_environment_name_prefix = "${local.name}-${each.key}-${local.generation[each.key]}"
  type                            = "MANAGED"
  state                           = "ENABLED"

  compute_resources {
    type                = local.environments[each.key].type
    allocation_strategy = local.environments[each.key].strategy
    bid_percentage      = local.environments[each.key].bid_percentage
    instance_role       = var.instance_profile_arn
    instance_type       = var.instance_types
    min_vcpus           = each.key == local.order[0] ? var.warm_instances * var.instance_vcpus : 0
    max_vcpus           = var.max_vcpus
    subnets             = var.subnet_ids
    security_group_ids  = var.security_group_ids
    tags                = local.template.tags

    ec2_configuration {
      image_type = var.image_type
    }

    # A number, not $Latest: Batch reads the template only when the environment changes, so a new version has to be a change.
    launch_template {
      launch_template_id = aws_launch_template.this.id
      version            = tostring(aws_launch_template.this.latest_version)
    }
  }

  update_policy {
    job_execution_timeout_minutes = 30
    terminate_jobs_on_update      = false
  }

  lifecycle {
    create_before_destroy = true
    # Batch itself scales this.
    ignore_changes = [compute_resources[0].desired_vcpus]
  }
}

resource "aws_batch_job_queue" "this" {
  name     = local.name
  state    = "ENABLED"
  priority = 1

  dynamic "compute_environment_order" {
    for_each = local.order

    content {
      order               = compute_environment_order.key + 1
      compute_environment = aws_batch_compute_environment.this[compute_environment_order.value].arn
    }
  }

  dynamic "job_state_time_limit_action" {
    for_each = local.stuck_reasons

    content {
      reason           = job_state_time_limit_action.value
      state            = "RUNNABLE"
      max_time_seconds = var.runnable_limit_minutes * 60
      action           = "CANCEL"
    }
  }
}
