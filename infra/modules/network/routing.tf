resource "aws_internet_gateway" "this" {
  count  = local.has_nat ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.prefix }
}

resource "aws_route_table" "public" {
  count  = local.has_nat ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.prefix}-public" }
}

resource "aws_route" "internet" {
  count = local.has_nat ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_zones)

  domain = "vpc"
  tags   = { Name = "${var.prefix}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = toset(local.nat_zones)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = { Name = "${var.prefix}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

# One table per zone even with a single NAT gateway: going from `single` to `per-zone` then changes routes, not tables.
resource "aws_route_table" "private" {
  for_each = aws_subnet.private

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.prefix}-private-${each.key}" }
}

resource "aws_route" "nat" {
  for_each = { for zone, subnet in aws_subnet.private : zone => subnet if local.has_nat }

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat == "single" ? local.nat_zones[0] : each.key].id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[each.key].id
}
