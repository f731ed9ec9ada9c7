# A cleanup that keeps the data takes `module.storage` out of the state and destroys the rest. The next install takes it
# back here. Only what cannot be created twice is imported; the bucket's settings are simply written again.
import {
  for_each = toset(var.adopt.bucket == null ? [] : [var.adopt.bucket])
  to       = module.storage.aws_s3_bucket.this
  id       = each.value
}

import {
  for_each = toset(var.adopt.kms_key_id == null ? [] : [var.adopt.kms_key_id])
  to       = module.storage.aws_kms_key.this
  id       = each.value
}

import {
  for_each = toset(var.adopt.kms_alias == null ? [] : [var.adopt.kms_alias])
  to       = module.storage.aws_kms_alias.this
  id       = each.value
}
