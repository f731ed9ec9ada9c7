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
      engine            = "baseline"
      gpus              = 1
      vcpus             = 7
      memory_mib        = 58000
      shared_memory_mib = 16384
      timeout_minutes   = 480
    }
  }
  bucket_arn     = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
  repository_arn = "arn:aws:ecr:us-east-1:123456789012:repository/cosmosctl-demo/worker"
  log_group      = "/cosmosctl/demo/jobs/predict"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix wrong, unique prefix wrong, region wrong, account wrong, kms wrong, blueprint too long, no variants, attempts eleven, bucket wrong, repository wrong, log group relative, scratch relative, cache ids wrong, user root
run "rejects_1" {
  command = plan

  variables {
    prefix        = "A"
    unique_prefix = "A"
    region        = "x"
    account_id    = "1"
    kms_key_arn   = "key"
    blueprint     = "aaaaaaaaaaaaaaaaa"
    variants = {
    }
    attempts       = 11
    bucket_arn     = "data"
    repository_arn = "worker"
    log_group      = "logs"
    scratch_dir    = "scratch"
    weight_cache = {
      file_system_id  = "efs"
      access_point_id = "ap"
    }
    user = "0:0"
  }

  expect_failures = [var.prefix, var.unique_prefix, var.region, var.account_id, var.kms_key_arn, var.blueprint, var.variants, var.attempts, var.bucket_arn, var.repository_arn, var.log_group, var.scratch_dir, var.weight_cache, var.user]
}

# variant name with dot
run "rejects_2" {
  command = plan

  variables {
    variants = {
      "2.5B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# variants differ in case
run "rejects_3" {
  command = plan

  variables {
    variants = {
      "2b" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# image by tag
run "rejects_4" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "repo:latest"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# gpus negative
run "rejects_5" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = -1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# vcpus zero
run "rejects_6" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 0
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# shared memory above memory
run "rejects_7" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 60000
        timeout_minutes   = 480
      }
    }
  }

  expect_failures = [var.variants]
}

# timeout zero
run "rejects_8" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 0
      }
    }
  }

  expect_failures = [var.variants]
}

# token without secret
run "rejects_9" {
  command = plan

  variables {
    variants = {
      "2B" = {
        image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        engine            = "baseline"
        gpus              = 1
        vcpus             = 7
        memory_mib        = 58000
        shared_memory_mib = 16384
        timeout_minutes   = 480
        needs_token       = true
      }
    }
  }

  expect_failures = [var.variants]
}

# secret wrong
run "rejects_10" {
  command = plan

  variables {
    hf_secret_arn = "hf-token"
  }

  expect_failures = [var.hf_secret_arn]
}
