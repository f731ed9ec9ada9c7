output "vpc_id" {
  description = "VPC in use, created or existing."
  value       = local.create ? aws_vpc.this[0].id : data.aws_vpc.existing[0].id
}

output "cidr" {
  description = "IPv4 block of the VPC in use."
  value       = local.create ? aws_vpc.this[0].cidr_block : data.aws_vpc.existing[0].cidr_block
}

output "subnet_ids" {
  description = "Private subnets for hosts, in zone order; of an existing VPC in the order given."
  value       = local.create ? [for zone in local.zones : aws_subnet.private[zone].id] : [for id in var.existing.subnet_ids : data.aws_subnet.existing[id].id]
}

output "subnets_by_zone" {
  description = "One private subnet per zone: zone name to subnet id."
  value = local.create ? { for zone, subnet in aws_subnet.private : zone => subnet.id } : {
    for zone, ids in { for subnet in data.aws_subnet.existing : subnet.availability_zone => subnet.id... } : zone => sort(ids)[0]
  }
}

output "public_subnet_ids" {
  description = "Public subnets, which hold NAT gateways only; empty without NAT."
  value       = [for zone in local.zones : aws_subnet.public[zone].id if local.has_nat]
}

output "zones" {
  description = "Zones of the private subnets."
  value       = local.create ? local.zones : sort(distinct([for subnet in data.aws_subnet.existing : subnet.availability_zone]))
}

output "nat_gateway_ids" {
  description = "NAT gateways; empty without NAT or in an existing VPC."
  value       = [for zone in local.nat_zones : aws_nat_gateway.this[zone].id]
}

output "s3_endpoint_id" {
  description = "S3 gateway endpoint; null in an existing VPC."
  value       = local.create ? aws_vpc_endpoint.s3[0].id : null
}

output "interface_endpoint_ids" {
  description = "Interface endpoints: service to endpoint id; empty with `endpoints` = minimal."
  value       = { for service, endpoint in aws_vpc_endpoint.interface : service => endpoint.id }
}
