// Deposits a file and follows it, then asks the simulator why it is not recevable.
//
//     node depot.js http://127.0.0.1:8080 facture.xml

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import createClient from "openapi-fetch";
import type { paths as Api } from "./api.js";
import type { paths as Control } from "./control.js";

const [url = "http://127.0.0.1:8080", path = "facture.xml"] = process.argv.slice(2);

const form = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: "demo-client",
  client_secret: "demo-secret",
  scope: "openid",
});
const answer = await fetch(`${url}/api/oauth/token`, { method: "POST", body: form });
const { access_token } = (await answer.json()) as { access_token: string };

const api = createClient<Api>({
  baseUrl: url,
  headers: {
    Authorization: `Bearer ${access_token}`,
    "cpro-account": btoa("demo@depot-flux.example:demo-password"),
  },
});
const control = createClient<Control>({ baseUrl: `${url}/_simulator` });

const content = await readFile(path, "utf-8");
const depot = await api.POST("/flux", {
  body: { fichier: content, codeInterface: "FSO3110A" },
  bodySerializer(body) {
    const data = new FormData();
    data.set("fichier", new Blob([body.fichier]), basename(path));
    if (body.codeInterface) data.set("codeInterface", body.codeInterface);
    return data;
  },
});
if (depot.error) throw new Error(depot.error.titre);
const { idFlux } = depot.data;

let statut: string;
do {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const flux = await api.GET("/flux/{idFlux}", { params: { path: { idFlux } } });
  if (flux.error) throw new Error(flux.error.titre);
  statut = flux.data.statut;
} while (statut === "RECU" || statut === "EN_COURS_DE_TRAITEMENT");
console.log(idFlux, statut);

const told = await control.GET("/flux/{id_flux}", { params: { path: { id_flux: idFlux } } });
for (const motif of told.data?.motifs ?? []) console.log(motif.code, motif.message);
