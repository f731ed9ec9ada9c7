resource "aws_cloudwatch_log_group" "this" {
  for_each = var.log_groups

  name              = each.key
  retention_in_days = each.value
  kms_key_id        = var.kms_key_arn
}

resource "aws_sns_topic" "this" {
  count = var.topic == null ? 0 : 1

  name              = var.topic.name
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "topic" {
  count = var.topic == null ? 0 : 1

  statement {
    sid       = "PublishFromThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this[0].arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  count = var.topic == null ? 0 : 1

  arn    = aws_sns_topic.this[0].arn
  policy = data.aws_iam_policy_document.topic[0].json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.topic == null ? [] : var.topic.emails)

  topic_arn = aws_sns_topic.this[0].arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_budgets_budget" "this" {
  count = var.budget == null ? 0 : 1

  name         = var.budget.name
  budget_type  = "COST"
  limit_amount = tostring(var.budget.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:%s$%s", var.budget.tag_key, var.budget.tag_value)]
  }

  # Spent, and about to be spent: the forecast comes while something can still be switched off.
  dynamic "notification" {
    for_each = { FORECASTED = 100, ACTUAL = 80 }

    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.this[0].arn]
    }
  }

  depends_on = [aws_sns_topic_policy.this]
}
