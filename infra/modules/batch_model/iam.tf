data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  log_arn   = "arn:${local.partition}:logs:${var.region}:${var.account_id}:log-group:${var.log_group}"

  # Run ids are `<blueprint>-<YYYYMMDD>-<HHMMSS>-<4 hex>`. The date is part of the pattern: `predict-*` would also match
  # the runs of a blueprint called `predict-turbo`.
  run_id = "${var.blueprint}-20??????-??????-????"

  readable = ["runs/${local.run_id}/*", "inputs/${local.run_id}/*", "inputs/shared/*", "outputs/${local.run_id}/*", "weights/*"]
  writable = [
    "runs/${local.run_id}/results/*",
    "runs/${local.run_id}/failures/*",
    "runs/${local.run_id}/shards/*",
    "outputs/${local.run_id}/*",
  ]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

# What the worker may do: its own blueprint's runs, and the weights.
resource "aws_iam_role" "job" {
  name               = "${var.unique_prefix}-${var.blueprint}-job"
  description        = "Worker of ${var.blueprint}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "job" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = [for key in local.readable : "${var.bucket_arn}/${key}"]
  }

  statement {
    sid       = "Write"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = [for key in local.writable : "${var.bucket_arn}/${key}"]
  }

  # A resolved failure is taken back; nothing else can be deleted.
  statement {
    sid       = "ForgetFailures"
    actions   = ["s3:DeleteObject"]
    resources = ["${var.bucket_arn}/runs/${local.run_id}/failures/*"]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = local.readable
    }
  }

  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = var.weight_cache == null ? [] : [var.weight_cache]

    content {
      sid       = "MountWeightCache"
      actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      resources = ["arn:${local.partition}:elasticfilesystem:${var.region}:${var.account_id}:file-system/${statement.value.file_system_id}"]

      condition {
        test     = "StringEquals"
        variable = "elasticfilesystem:AccessPointArn"
        values   = ["arn:${local.partition}:elasticfilesystem:${var.region}:${var.account_id}:access-point/${statement.value.access_point_id}"]
      }
    }
  }
}

resource "aws_iam_role_policy" "job" {
  name   = "job"
  role   = aws_iam_role.job.id
  policy = data.aws_iam_policy_document.job.json
}

# What starts the container: pull, logs, secret.
resource "aws_iam_role" "execution" {
  name               = "${var.unique_prefix}-${var.blueprint}-exec"
  description        = "Starts the worker of ${var.blueprint}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "execution" {
  # The token itself gives no access to any repository; it has no resource to be limited to.
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository_arn]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_arn}:log-stream:*"]
  }

  dynamic "statement" {
    for_each = anytrue([for variant in values(var.variants) : variant.needs_token]) ? [var.hf_secret_arn] : []

    content {
      sid       = "ReadToken"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = anytrue([for variant in values(var.variants) : variant.needs_token]) ? [var.kms_key_arn] : []

    content {
      sid       = "DecryptToken"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}
