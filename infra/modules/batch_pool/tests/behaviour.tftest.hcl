mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix               = "cosmosctl-demo"
  pool                 = "gpu48"
  instance_types       = ["g6e.2xlarge", "g6e.4xlarge"]
  subnet_ids           = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_ids   = ["sg-a"]
  instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/cosmosctl-demo-host"
}

run "spot_first" {
  command = plan

  assert {
    condition     = keys(aws_batch_compute_environment.this) == ["ondemand", "spot"]
    error_message = "Both environments."
  }

  assert {
    condition     = aws_batch_compute_environment.this["spot"].compute_resources[0].allocation_strategy == "SPOT_PRICE_CAPACITY_OPTIMIZED" && aws_batch_compute_environment.this["spot"].compute_resources[0].type == "SPOT"
    error_message = "Spot by price and capacity."
  }

  assert {
    condition     = aws_batch_compute_environment.this["ondemand"].compute_resources[0].allocation_strategy == "BEST_FIT_PROGRESSIVE" && aws_batch_compute_environment.this["ondemand"].compute_resources[0].type == "EC2"
    error_message = "On demand by fit."
  }

  assert {
    condition     = alltrue([for e in aws_batch_compute_environment.this : e.compute_resources[0].min_vcpus == 0 && e.compute_resources[0].ec2_configuration[0].image_type == "ECS_AL2023_NVIDIA"])
    error_message = "Nothing stays on; image with the NVIDIA driver."
  }

  assert {
    condition     = [for action in aws_batch_job_queue.this.job_state_time_limit_action : action.max_time_seconds] == [3600, 3600, 3600]
    error_message = "Every reason to be stuck has a limit."
  }

  assert {
    condition     = [for order in aws_batch_job_queue.this.compute_environment_order : order.order] == [1, 2]
    error_message = "Two places in the order."
  }

  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 2
    error_message = "IMDSv2."
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.this.block_device_mappings[0].ebs[0].volume_type == "gp3"
    error_message = "Encrypted gp3."
  }

  assert {
    condition     = startswith(base64decode(aws_launch_template.this.user_data), "MIME-Version: 1.0")
    error_message = "User data is MIME."
  }
}

run "spot" {
  command = plan

  variables {
    purchase = "spot"
  }

  assert {
    condition     = keys(aws_batch_compute_environment.this) == ["spot"]
    error_message = "Spot only."
  }
}

run "on_demand_warm" {
  command = plan

  variables {
    purchase               = "on-demand"
    warm_instances         = 2
    instance_vcpus         = 8
    runnable_limit_minutes = 10
  }

  assert {
    condition     = keys(aws_batch_compute_environment.this) == ["ondemand"]
    error_message = "On demand only."
  }

  assert {
    condition     = aws_batch_compute_environment.this["ondemand"].compute_resources[0].min_vcpus == 16
    error_message = "Two hosts of eight vCPUs stay on."
  }

  assert {
    condition     = aws_batch_job_queue.this.job_state_time_limit_action[0].max_time_seconds == 600
    error_message = "Minutes become seconds."
  }
}

run "warm_hosts_in_the_first_environment_only" {
  command = plan

  variables {
    warm_instances = 1
    instance_vcpus = 8
  }

  assert {
    condition     = aws_batch_compute_environment.this["spot"].compute_resources[0].min_vcpus == 8 && aws_batch_compute_environment.this["ondemand"].compute_resources[0].min_vcpus == 0
    error_message = "The first environment holds them."
  }
}
