locals {
  events = { for name, event in {
    job-failed = {
      description = "A submission ended FAILED"
      threshold   = var.failed_jobs_threshold
      period      = 900
      # Children of an array are left out: ten thousand of them must not become ten thousand messages. Their parent fails with them.
      pattern = jsonencode({
        source      = ["aws.batch"]
        detail-type = ["Batch Job State Change"]
        detail = {
          status          = ["FAILED"]
          jobQueue        = values(var.queues)
          arrayProperties = { index = [{ exists = false }] }
        }
      })
    }
    queue-blocked = {
      description = "The first job of a queue cannot start"
      threshold   = 1
      period      = 300
      pattern = jsonencode({
        source      = ["aws.batch"]
        detail-type = ["Batch Job Queue Blocked"]
        detail      = { jobQueue = values(var.queues) }
      })
    }
  } : name => event if length(var.queues) > 0 }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.events

  name          = "${var.prefix}-${each.key}"
  description   = each.value.description
  event_pattern = each.value.pattern
}

# The event itself, with job, queue and reason.
resource "aws_cloudwatch_event_target" "this" {
  for_each = local.events

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = var.alert_topic_arn
}

# The condition: visible as a state after the message is gone, and raised again while it lasts.
resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.events

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Events"
  metric_name         = "Invocations"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.this[each.key].name }
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alert_topic_arn]
  ok_actions          = [var.alert_topic_arn]
}
