data "aws_partition" "current" {}

locals {
  managed_policies = concat(
    ["service-role/AmazonEC2ContainerServiceforEC2Role"],
    var.enable_session_manager ? ["AmazonSSMManagedInstanceCore"] : [],
  )
}

# Nothing reaches a host from outside; hosts reach AWS, and through NAT the internet.
resource "aws_security_group" "this" {
  name        = "${var.prefix}-hosts"
  description = "Hosts of Batch jobs: no way in"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.prefix}-hosts" }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Everything outwards"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# What the host's ECS agent needs. Jobs have a role of their own and do not inherit this one.
resource "aws_iam_role" "this" {
  name               = "${var.unique_prefix}-host"
  description        = "ECS agent on the hosts of Batch jobs"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(local.managed_policies)

  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value}"
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.unique_prefix}-host"
  role = aws_iam_role.this.name
}
