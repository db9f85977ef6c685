package api

import "net/http"

// The codes of problems of exports.
const (
	codeExportsOff  = "exports-off"
	codeLinkInvalid = "link-invalid"
	codeLinkExpired = "link-expired"
	codeRange       = "range-not-satisfiable"
)

func exportProblems() []problemType {
	return []problemType{
		{
			codeExportsOff, http.StatusServiceUnavailable,
			text{"No exports are made here", "此处不提供导出"},
			text{"The process has no directory for them. Its operator names one with --exports; processes that share it share the exports.", "该进程没有存放导出文件的目录。请运维人员用 --exports 指定；共用同一目录的进程共享导出。"},
		},
		{
			codeLinkInvalid, http.StatusForbidden,
			text{"This link is not one of ours", "链接无效"},
			text{"The link was changed on its way. Use it whole, as download.url of GET /v1/exports/{id} has it.", "链接在传递中被改动。请完整使用 GET /v1/exports/{id} 中的 download.url。"},
		},
		{
			codeLinkExpired, http.StatusForbidden,
			text{"This link has expired", "链接已过期"},
			text{"A result can be downloaded for 24 hours and is deleted then. Ask for the export anew, with POST /v1/exports.", "导出结果保留 24 小时，随后删除。请用 POST /v1/exports 重新导出。"},
		},
		{
			codeRange, http.StatusRequestedRangeNotSatisfiable,
			text{"The result has no such bytes", "请求的字节范围不存在"},
			text{"Content-Range says how many bytes there are. A download that has them all is complete.", "Content-Range 给出总字节数。已下载全部字节即为完整。"},
		},
	}
}
