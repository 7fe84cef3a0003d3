import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Frontend {
  var galleryRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/gallery", .everyone, galleryIndex),
      ServiceRoute(.get, "/gallery/{page}", .everyone, galleryPage),
    ]
  }

  private func galleryIndex(_ request: Request) async throws -> Response {
    guard let gallery else { throw Failure.notFound("The gallery is open in development only.") }
    let visitor = await visitor(request)
    return answer(GalleryPage(gallery, setting(request, visitor)), visitor)
  }

  private func galleryPage(_ request: Request) async throws -> Response {
    guard let make = gallery?.page(request.parameters["page"] ?? "") else {
      throw Failure.notFound("There is no such page in the gallery.")
    }
    let visitor = await visitor(request)
    let setting = PageContext(links: setting(request, visitor).links, site: DemoShop.name, visitor: visitor)
    guard let html = make(Int(node.clock() / 1000), setting, renderer) else { throw Failure.defect }
    var answer = Response(contentType: SecurityFields.html, Array(html.utf8))
    answer.headerFields.append(contentsOf: renderer.security.fields)
    return answer
  }
}

/// `/gallery`
struct GalleryPage: PageModel {
  static let template = "gallery"

  let page: Layout
  let pages: [FormPage.Other]

  init(_ gallery: Gallery, _ setting: PageContext) {
    page = setting.layout(setting.strings("gallery"), path: "/gallery")
    pages = gallery.pages.map { .init(name: $0.name, href: setting.links.gallery($0.name)) }
  }
}
