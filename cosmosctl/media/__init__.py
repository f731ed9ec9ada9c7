"""Local media files: what they are, whether they can be used, how they are read, converted and written.

Shared by client and worker. It must not know AWS, blueprints or runs; heavy imports (av, numpy, PIL) stay inside functions
of the modules that need them.
"""
