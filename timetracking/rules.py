"""Rules of time tracking that every entrance (form, admin, later others) asks."""


def project_creation_refusal(organization):
    """Why nobody may create a project in this organization by hand; '' when it is allowed."""
    if organization.project_creation_restricted:
        return (
            "Projects come from Zoho Projects only, as chosen in Settings → Zoho Apps "
            "(Restrict project creation). Create the project in Zoho Projects; it arrives with the next sync."
        )
    return ""
