// Express with Auth0's middleware, as its README shows it. CommonJS, since only that looks into NODE_PATH.
"use strict";

const express = require("express");
const { auth } = require("express-oauth2-jwt-bearer");

const app = express();
app.use(auth({ issuerBaseURL: process.env.ISSUER, audience: process.env.AUDIENCE }));
app.get("/api/private", (request, response) => {
  response.json({ message: process.env.MESSAGE });
});
app.listen(Number(process.env.PORT), "127.0.0.1");
