const page = document.getElementById("swagger-ui");

SwaggerUIBundle({
  domNode: page,
  url: page.dataset.description,
  deepLinking: true,
  // Otherwise the page asks a validator elsewhere.
  validatorUrl: null,
  // A token that is entered here stays in memory, and is gone with the page.
  persistAuthorization: false,
});
