# The version of a launch template is known only once it is applied, so this is applied with a mocked provider.
mock_provider "aws" {
  source = "../../tests/mocks"

  mock_resource "aws_launch_template" {
    defaults = {
      id             = "lt-0123456789abcdef0"
      latest_version = 7
    }
  }
}

override_resource {
  target = aws_batch_compute_environment.this["spot"]
  values = { arn = "arn:aws:batch:us-east-1:123456789012:compute-environment/first" }
}

override_resource {
  target = aws_batch_compute_environment.this["ondemand"]
  values = { arn = "arn:aws:batch:us-east-1:123456789012:compute-environment/second" }
}

variables {
  prefix               = "cosmosctl-demo"
  pool                 = "gpu80"
  instance_types       = ["p5.4xlarge"]
  subnet_ids           = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_ids   = ["sg-a"]
  instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/cosmosctl-demo-host"
}

run "hosts_are_made_from_a_numbered_template" {
  command = apply

  assert {
    condition     = alltrue([for item in aws_batch_compute_environment.this : item.compute_resources[0].launch_template[0].version == "7"])
    error_message = "A number: with $Latest a change of the template would reach no host."
  }

  assert {
    condition     = alltrue([for item in aws_batch_compute_environment.this : item.compute_resources[0].instance_type == toset(["p5.4xlarge"])])
    error_message = "The types of this pool and of no other."
  }

  assert {
    condition     = alltrue([for item in aws_batch_compute_environment.this : length(item.compute_resources[0].subnets) == 3])
    error_message = "All zones."
  }

  assert {
    condition     = startswith(base64decode(aws_launch_template.this.user_data), "MIME-Version: 1.0") && !strcontains(base64decode(aws_launch_template.this.user_data), "mount -t") && !strcontains(base64decode(aws_launch_template.this.user_data), "nfs")
    error_message = "User data mounts no file system over the network."
  }
}

run "the_queue_tries_spot_and_falls_back" {
  command = apply

  assert {
    condition     = [for item in aws_batch_job_queue.this.compute_environment_order : item.compute_environment] == ["arn:aws:batch:us-east-1:123456789012:compute-environment/first", "arn:aws:batch:us-east-1:123456789012:compute-environment/second"]
    error_message = "Spot, then on demand."
  }
}
