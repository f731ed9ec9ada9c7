locals {
  weights_dir = "/weights"

  # Order matters: the first match decides, and without a match Batch retries. AWS allows five rules.
  retry_rules = [
    { action = "RETRY", on_status_reason = "Host EC2*" },     # spot reclaimed, host lost
    { action = "RETRY", on_reason = "CannotPullContainer*" }, # registry busy
    { action = "RETRY", on_exit_code = "75" },                # the worker says: transient
    { action = "RETRY", on_exit_code = "1*" },                # killed by a signal (128 + n: 137 out of memory, 143 stopped) or by an unexpected error (1)
    { action = "EXIT", on_reason = "*" },                     # 65 bad input, 70 model, 76 GPU or memory, and whatever else
  ]

  # HOME and TMPDIR: the container's user has no folder of its own in the image, and the image's layers are no place for gigabytes.
  environment = merge(
    {
      AWS_REGION              = var.region
      HF_HOME                 = "${var.scratch_dir}/huggingface"
      HOME                    = var.scratch_dir
      PYTORCH_CUDA_ALLOC_CONF = "expandable_segments:True"
      PYTHONUNBUFFERED        = "1"
      TMPDIR                  = var.scratch_dir
    },
    var.weight_cache == null ? {} : { COSMOSCTL_WEIGHTS = local.weights_dir },
  )

  volumes = concat(
    [{ name = "scratch", host = { sourcePath = var.scratch_dir } }],
    var.weight_cache == null ? [] : [{
      name = "weights"
      efsVolumeConfiguration = {
        fileSystemId        = var.weight_cache.file_system_id
        rootDirectory       = "/"
        transitEncryption   = "ENABLED"
        authorizationConfig = { accessPointId = var.weight_cache.access_point_id, iam = "ENABLED" }
      }
    }],
  )

  mount_points = concat(
    [{ sourceVolume = "scratch", containerPath = var.scratch_dir, readOnly = false }],
    var.weight_cache == null ? [] : [{ sourceVolume = "weights", containerPath = local.weights_dir, readOnly = false }],
  )
}

resource "aws_batch_job_definition" "this" {
  for_each = var.variants

  name                       = "${var.prefix}-${var.blueprint}-${lower(each.key)}"
  type                       = "container"
  platform_capabilities      = ["EC2"]
  propagate_tags             = true
  deregister_on_new_revision = true
  parameters                 = each.value.parameters

  container_properties = jsonencode({
    image            = each.value.image
    command          = ["python", "-m", "cosmosctl.worker"]
    jobRoleArn       = aws_iam_role.job.arn
    executionRoleArn = aws_iam_role.execution.arn
    user             = var.user
    privileged       = false
    resourceRequirements = concat(
      [
        { type = "VCPU", value = tostring(each.value.vcpus) },
        { type = "MEMORY", value = tostring(each.value.memory_mib) },
      ],
      each.value.gpus == 0 ? [] : [{ type = "GPU", value = tostring(each.value.gpus) }],
    )
    linuxParameters = {
      sharedMemorySize   = each.value.shared_memory_mib
      initProcessEnabled = true
    }
    ulimits = [
      { name = "memlock", softLimit = -1, hardLimit = -1 },
      { name = "stack", softLimit = 67108864, hardLimit = 67108864 },
    ]
    environment = [for name, value in merge(local.environment, { COSMOSCTL_IMAGE = each.value.image }) : { name = name, value = value }]
    secrets     = each.value.needs_token ? [{ name = "HF_TOKEN", valueFrom = var.hf_secret_arn }] : []
    volumes     = local.volumes
    mountPoints = local.mount_points
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = var.log_group
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = lower(each.key)
      }
      secretOptions = []
    }
  })

  retry_strategy {
    attempts = var.attempts

    dynamic "evaluate_on_exit" {
      for_each = local.retry_rules

      content {
        action           = evaluate_on_exit.value.action
        on_exit_code     = try(evaluate_on_exit.value.on_exit_code, null)
        on_reason        = try(evaluate_on_exit.value.on_reason, null)
        on_status_reason = try(evaluate_on_exit.value.on_status_reason, null)
      }
    }
  }

  timeout {
    attempt_duration_seconds = each.value.timeout_minutes * 60
  }

  # A definition whose roles cannot do their work yet would fail its first job.
  depends_on = [aws_iam_role_policy.job, aws_iam_role_policy.execution]
}
