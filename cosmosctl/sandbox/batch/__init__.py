"""A Batch scheduler for the embedded AWS: pure records and rules here, processes and moto only in the modules named so."""
