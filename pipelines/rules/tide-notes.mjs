// A site rule: where the posts of one site are. Used as `html: { rules: [pipelines/rules/tide-notes.mjs] }`.
export const hosts = ['tide-notes.example']
export default ($) => {
  $('.share, .related').remove()
  return $('article .post-body')
}
