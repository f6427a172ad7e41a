import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { makePlan } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

const LETTER = "Chère Claire,\n";

let server: Server;

test.use({ locale: "fr-FR" });

test.beforeAll(async () => {
  server = await Server.start();
});

test.afterAll(() => server?.stop());

test("en français : du lien d’installation au fichier restauré", async ({ page }) => {
  const source = await server.folderFor("courrier");
  const target = await server.folderFor("restauré");
  await writeFile(join(source, "lettre.txt"), LETTER);

  await page.goto(server.setupUrl);
  await page.getByLabel(/^Nom d’utilisateur/).fill(ADMINISTRATOR.name);
  await page.getByLabel(/^Mot de passe(?!,)/).fill(ADMINISTRATOR.password);
  await page.getByLabel(/^Mot de passe, encore une fois/).fill(ADMINISTRATOR.password);
  await page.getByRole("button", { name: "Créer le compte et commencer" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Protéger cette machine" })).toBeVisible();

  const api = await Api.signIn(server, ADMINISTRATOR);
  const plan = await makePlan(api, { name: "courrier", source, pool: await server.folderFor("stockage") });
  await page.goto(`${server.url}/plans/${plan.id}`);
  await expect(page.getByText("À 02:30, tous les jours")).toBeVisible();
  await page.getByRole("button", { name: "Exécuter : courrier" }).click();
  await expect(page.getByText("Réussie : tout est dans le point de restauration")).toBeVisible({ timeout: 60_000 });

  await page.getByRole("link", { name: "Ouvrir le point de restauration" }).click();
  await page.getByRole("button", { name: "Tout restaurer" }).click();
  const dialog = page.getByRole("dialog", { name: "Restaurer" });
  await dialog.getByLabel(/^Dossier de destination/).fill("sans barre");
  const preview = dialog.getByRole("button", { name: "Voir l’aperçu" });
  await preview.hover();
  await expect(page.getByRole("tooltip").filter({ hasText: "chemin absolu" })).toBeVisible();
  await dialog.getByLabel(/^Dossier de destination/).fill(target);
  await preview.click();
  await expect(dialog.getByText("Voici ce qui se passerait. Rien n’est encore écrit.")).toBeVisible();
  await dialog.getByRole("button", { name: "Restaurer maintenant" }).click();
  await expect(dialog.getByRole("link", { name: "Rapport complet" })).toBeVisible();
  expect(await readFile(join(target, source, "lettre.txt"), "utf8")).toBe(LETTER);
  await dialog.getByRole("button", { name: "Fermer" }).last().click();

  await page.getByRole("link", { name: "Tableau de bord" }).click();
  await expect(page.getByText("Oui. Tous les plans ont un point de restauration à jour.")).toBeVisible();
});
