{{ stage('audit') }}
