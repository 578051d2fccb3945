"""What no room owns: where bytes go, a user's code, versions, what names a run, typography, and text that is fit to be shown."""
