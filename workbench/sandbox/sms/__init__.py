"""SMS: the stand-ins of providers that send texts: they hold what they took, report it, and hand on what is texted back."""
