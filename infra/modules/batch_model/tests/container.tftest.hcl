# What a container gets, read back from the job definition that is registered: roles are mocked, so nothing is unknown.
mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  region        = "us-east-1"
  account_id    = "123456789012"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  blueprint     = "predict"
  variants = {
    "2B" = {
      image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      engine            = "diffusers"
      gpus              = 1
      vcpus             = 7
      memory_mib        = 58000
      shared_memory_mib = 16384
      timeout_minutes   = 480
      needs_token       = true
    }
    "14B" = {
      image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      engine            = "diffusers"
      gpus              = 8
      vcpus             = 96
      memory_mib        = 500000
      shared_memory_mib = 65536
      timeout_minutes   = 600
    }
    "cpu" = {
      image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
      engine            = "baseline"
      gpus              = 0
      vcpus             = 2
      memory_mib        = 4000
      shared_memory_mib = 64
      timeout_minutes   = 60
    }
  }
  bucket_arn     = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
  repository_arn = "arn:aws:ecr:us-east-1:123456789012:repository/cosmosctl-demo/worker"
  log_group      = "/cosmosctl/demo/jobs/predict"
  hf_secret_arn  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:cosmosctl-demo/hf-token-AbCdEf"
  weight_cache   = { file_system_id = "fs-0123", access_point_id = "fsap-0123" }
}

run "containers_are_least_privileged_and_get_what_they_asked_for" {
  command = apply

  assert {
    condition = { for name, job in aws_batch_job_definition.this : name => [
      for item in jsondecode(job.container_properties).resourceRequirements : item.value if item.type == "GPU"
    ] } == { "2B" = ["1"], "14B" = ["8"], "cpu" = [] }
    error_message = "GPUs requested are the GPUs of the variant, and none is asked for where none is used."
  }

  assert {
    condition     = alltrue([for name, job in aws_batch_job_definition.this : jsondecode(job.container_properties).image == var.variants[name].image])
    error_message = "The image of the variant, by its digest."
  }

  assert {
    condition     = aws_batch_job_definition.this["2B"].timeout[0].attempt_duration_seconds == 28800 && aws_batch_job_definition.this["14B"].timeout[0].attempt_duration_seconds == 36000
    error_message = "Each variant has its own limit."
  }

  assert {
    condition     = alltrue([for job in aws_batch_job_definition.this : job.retry_strategy[0].attempts > 1])
    error_message = "One attempt would lose a run to any reclaimed host."
  }

  assert {
    condition = alltrue([for job in aws_batch_job_definition.this : (
      jsondecode(job.container_properties).privileged == false
      && !startswith(jsondecode(job.container_properties).user, "0")
      && jsondecode(job.container_properties).user != "root"
    )])
    error_message = "Not privileged, not root."
  }

  assert {
    condition = alltrue([for job in aws_batch_job_definition.this : (
      length(setintersection(keys(jsondecode(job.container_properties)), ["ipcMode", "pidMode", "networkMode"])) == 0
      && jsondecode(job.container_properties).linuxParameters.sharedMemorySize <= 65536
    )])
    error_message = "Shared memory of a fixed size, never the host's."
  }

  assert {
    condition = alltrue([for job in aws_batch_job_definition.this : alltrue([
      for volume in jsondecode(job.container_properties).volumes : try(volume.host.sourcePath, var.scratch_dir) == var.scratch_dir
    ])])
    error_message = "Of the host only the scratch folder is mounted."
  }

  assert {
    condition     = jsondecode(aws_batch_job_definition.this["2B"].container_properties).secrets == [{ name = "HF_TOKEN", valueFrom = var.hf_secret_arn }]
    error_message = "From the secret, by its ARN."
  }

  assert {
    condition     = length(jsondecode(aws_batch_job_definition.this["14B"].container_properties).secrets) == 0
    error_message = "Only who needs the token gets it."
  }

  assert {
    condition = alltrue([for job in aws_batch_job_definition.this : length([
      for item in jsondecode(job.container_properties).environment : item if strcontains(upper(item.name), "TOKEN") || strcontains(upper(item.name), "SECRET")
    ]) == 0])
    error_message = "Never as a plain variable."
  }

  assert {
    condition = [for volume in jsondecode(aws_batch_job_definition.this["2B"].container_properties).volumes : volume.efsVolumeConfiguration if volume.name == "weights"] == [{
      authorizationConfig = { accessPointId = "fsap-0123", iam = "ENABLED" }
      fileSystemId        = "fs-0123"
      rootDirectory       = "/"
      transitEncryption   = "ENABLED"
    }]
    error_message = "An EFS volume: a mount that fails stops the container instead of leaving an empty folder."
  }

  assert {
    condition     = contains([for mount in jsondecode(aws_batch_job_definition.this["2B"].container_properties).mountPoints : mount.containerPath], "/weights")
    error_message = "Mounted where the worker is told to look."
  }

  assert {
    condition = alltrue([for job in aws_batch_job_definition.this : (
      jsondecode(job.container_properties).logConfiguration.logDriver == "awslogs"
      && contains(jsondecode(job.container_properties).environment, { name = "PYTHONUNBUFFERED", value = "1" })
    )])
    error_message = "Unbuffered, to the log group."
  }
}

run "without_a_cache_nothing_is_mounted_in_its_place" {
  command = apply

  variables {
    weight_cache = null
  }

  assert {
    condition = (
      [for volume in jsondecode(aws_batch_job_definition.this["2B"].container_properties).volumes : volume.name] == ["scratch"]
      && length([for item in jsondecode(aws_batch_job_definition.this["2B"].container_properties).environment : item if item.name == "COSMOSCTL_WEIGHTS"]) == 0
    )
    error_message = "No volume, and the worker is not told of one."
  }
}
