"""What a person sees. No page loads anything from elsewhere, or runs a script that stands in it.

site           the pages of a login and its token     docs: the API's description
page           a page, and its policy     assets: the files that they load
"""
