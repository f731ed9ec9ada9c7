mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix      = "cosmosctl-demo"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix wrong, account wrong, kms wrong, log group relative, topic name, topic arn wrong, threshold zero
run "rejects_1" {
  command = plan

  variables {
    prefix      = "A"
    account_id  = "1"
    kms_key_arn = "key"
    log_groups = {
      logs = 30
    }
    topic = {
      name = "a b"
    }
    alert_topic_arn       = "topic"
    failed_jobs_threshold = 0
  }

  expect_failures = [var.prefix, var.account_id, var.kms_key_arn, var.log_groups, var.topic, var.alert_topic_arn, var.failed_jobs_threshold]
}

# retention unknown, email wrong
run "rejects_2" {
  command = plan

  variables {
    log_groups = {
      "/a" = 31
    }
    topic = {
      name   = "a"
      emails = ["nobody"]
    }
  }

  expect_failures = [var.log_groups, var.topic]
}

# budget without topic
run "rejects_3" {
  command = plan

  variables {
    budget = {
      name        = "b"
      monthly_usd = 1
      tag_key     = "a"
      tag_value   = "b"
    }
  }

  expect_failures = [var.budget]
}

# budget zero
run "rejects_4" {
  command = plan

  variables {
    topic = {
      name = "a"
    }
    budget = {
      name        = "b"
      monthly_usd = 0
      tag_key     = "a"
      tag_value   = "b"
    }
  }

  expect_failures = [var.budget]
}

# queue name instead of arn
run "rejects_5" {
  command = plan

  variables {
    queues = {
      gpu48 = "gpu48"
    }
    alert_topic_arn = "arn:aws:sns:us-east-1:123456789012:a"
  }

  expect_failures = [var.queues]
}

# queues without topic
run "rejects_6" {
  command = plan

  variables {
    queues = {
      gpu48 = "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    }
  }

  expect_failures = [var.alert_topic_arn]
}
